-- reads: catalogue.books, events.book_opened
-- genre: string
-- opens: number
SELECT 
   books_0."genre" as "genre",
   COUNT(1) as "opens"
FROM events.book_opened as base
 LEFT JOIN catalogue.books AS books_0
  ON base."book_id"=books_0."book_id"
GROUP BY 1
ORDER BY 2 desc NULLS LAST
